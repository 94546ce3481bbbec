"""Which type a function or operator gives for arguments of given types."""

from collections.abc import Sequence

from actum_core.expression.overloads import PLAIN, Signature
from actum_core.expression.types import DYN, Kind, Substitution, Type, may_accept


def apply_signatures(
    substitution: Substitution, signatures: Sequence[Signature], arguments: Sequence[Type]
) -> Type | None:
    """The result of the signatures that fit: dyn when several do and they differ, None when none does.

    The first that fits says what type variables stand for; but beside a dyn, with which nearly every signature
    fits, several say nothing.
    """
    kinds = tuple([argument.kind for argument in arguments])
    is_plain = PLAIN.issuperset(kinds)
    is_open = Kind.DYN in kinds
    first: Signature | None = None
    result: Type | None = None
    count = 0
    for signature in signatures:
        produced: Type | None
        if is_plain and signature.kinds is not None:
            produced = signature.result if signature.kinds == kinds else None
        else:
            mark = substitution.mark()
            produced = _apply_one(substitution, signature, arguments)
            if produced is None or is_open:
                produced = None if produced is None else substitution.settle(produced)
                substitution.reset(mark)
        if produced is None:
            continue
        count += 1
        if result is None:
            first, result = signature, produced
        elif substitution.settle(result) != substitution.settle(produced):
            result = DYN
    if is_open and count == 1 and first is not None:
        return _apply_one(substitution, first, arguments)
    return result


def _apply_one(substitution: Substitution, signature: Signature, arguments: Sequence[Type]) -> Type | None:
    """The result of one signature, with what its variables and those of the arguments stand for."""
    if len(signature.parameters) != len(arguments):
        return None
    if not all(map(may_accept, signature.parameters, arguments)):
        return None
    expected: Sequence[Type] = signature.parameters
    produced = signature.result
    if signature.is_generic:
        *expected, produced = substitution.instantiate((*expected, produced))
    return produced if all(map(substitution.accepts, expected, arguments)) else None
