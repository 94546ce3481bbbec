"""Templates and components, as the application takes them."""

from actum.platform.clock import Clock
from actum.platform.database import Database
from actum.platform.slices import Slice
from actum.templates.component_routes import COMPONENTS, ComponentRoutes
from actum.templates.designs import Designs
from actum.templates.foreign_routes import ForeignRoutes
from actum.templates.programs import ProgramCache
from actum.templates.routes import TEMPLATES, TemplateRoutes
from actum.templates.rules_routes import RulesRoutes
from actum.templates.simulate import SimulationRoutes
from actum.templates.store import DesignKind


def templates_slice(database: Database, clock: Clock, programs: ProgramCache) -> Slice:
    """All routes of templates and components."""
    templates = Designs(database, clock, DesignKind.TEMPLATE, TEMPLATES)
    components = Designs(database, clock, DesignKind.COMPONENT, COMPONENTS)
    return Slice(
        [
            TemplateRoutes(templates).router(),
            ComponentRoutes(components).router(),
            ForeignRoutes(templates).router(),
            RulesRoutes(database, clock, programs, templates).router(),
            SimulationRoutes(database, templates).router(),
        ]
    )
