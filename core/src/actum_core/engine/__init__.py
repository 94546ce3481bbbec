"""Run programs: one pure step at a time, by the algorithm of W3C SCXML, appendix D."""

from actum_core.engine.inputs import Input, InputKind
from actum_core.engine.outputs import Draft, Request, Step, StepFailed
from actum_core.engine.state import State
from actum_core.engine.step import step

__all__ = ["Draft", "Input", "InputKind", "Request", "State", "Step", "StepFailed", "step"]
