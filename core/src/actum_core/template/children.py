"""The machines that a document can invoke, and those that these can invoke in their turn."""

from collections.abc import Mapping

from actum_core.template.document import ChildMachine, Design
from actum_core.template.library import Library, child_place, place_of
from actum_core.template.network import Child


class Children:
    """Makes each child machine of a library once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._templates: dict[str, Child] = {}
        self._of_documents: dict[str, Mapping[str, Child]] = {}

    def of(self, design: Design, use: str) -> Mapping[str, Child]:
        """By what ``use`` of an invoke says: they see each other, and those of a template see its own."""
        place = place_of(design, use)
        found = self._of_documents.get(place)
        if found is None:
            made: dict[str, Child] = {}
            self._of_documents[place] = found = made
            for child in design.machines:
                made[child.name] = self._inline(child, place, made)
            if any(state.invokes for state in design.states()):
                made.update({each: self._of_template(each) for each in self._library.templates})
        return found

    def _inline(self, child: ChildMachine, place: str, machines: Mapping[str, Child]) -> Child:
        expressions = self._library.expressions(child, child_place(place, child))
        return Child(child.name, child.machine, child.variables, child.input, expressions, machines)

    def _of_template(self, use: str) -> Child:
        found = self._templates.get(use)
        if found is None:
            template = self._library.templates[use]
            assert template.machine is not None  # others are refused where they are looked for
            machines: dict[str, Child] = {}
            expressions = self._library.expressions(template, place_of(template, use))
            found = self._templates[use] = Child(
                template.name, template.machine, template.variables, template.input, expressions, machines
            )
            machines.update(self.of(template, use))
        return found
