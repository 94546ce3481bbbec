"""Simulate a template that may not even be saved: the engine's own fold under a virtual clock, with trace, coverage."""

from actum_core.simulation.coverage import Coverage, measure_coverage
from actum_core.simulation.identity import Identity, derive_identity
from actum_core.simulation.report import describe_simulation
from actum_core.simulation.script import ScriptInvalid, parse_outcomes, parse_script
from actum_core.simulation.setting import Setting
from actum_core.simulation.simulation import Ending, Simulation, StartInvalid
from actum_core.simulation.turn import Reception, Turn

__all__ = [
    "Coverage",
    "Ending",
    "Identity",
    "Reception",
    "ScriptInvalid",
    "Setting",
    "Simulation",
    "StartInvalid",
    "Turn",
    "derive_identity",
    "describe_simulation",
    "measure_coverage",
    "parse_outcomes",
    "parse_script",
]
