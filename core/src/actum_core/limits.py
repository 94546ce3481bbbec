"""Every bound of the core: its unit, and why it is what it is.

A bound is part of what the product promises, so it stands here and nowhere else, has an error of its own,
and is tested at the bound and one past it.
"""

from typing import Final

# --- JSON ---------------------------------------------------------------------------------------------

#: Integers, absolute value: 2**53-1, the largest that every JSON implementation keeps exact (RFC 7493, 2.2).
JSON_INTEGER_MAX: Final = 2**53 - 1

#: Nested arrays and objects. Ten times what people write, far below any recursion limit.
JSON_DEPTH_MAX: Final = 64

#: Bytes of one JSON text, unless the place that reads it sets a smaller bound.
JSON_BYTES_MAX: Final = 4 * 1024 * 1024

# --- Ledger -------------------------------------------------------------------------------------------

#: Bytes of one entry's header: what a tlog-tiles bundle can carry (two length bytes).
HEADER_BYTES_MAX: Final = 65_535

#: Bytes of one entry's payload. An event's data is bounded below it, so this bounds what a step writes.
PAYLOAD_BYTES_MAX: Final = 1024 * 1024

# --- Execution ----------------------------------------------------------------------------------------

#: Events that one paused execution may hold back; resuming applies them all in one transaction.
HELD_EVENTS_MAX: Final = 1_000

#: Bytes of one event's data in canonical form.
EVENT_BYTES_MAX: Final = 256 * 1024

#: Characters of an event's type, id or source.
NAME_LENGTH_MAX: Final = 255

# --- Templates ----------------------------------------------------------------------------------------

#: Problems told at once. More than a person reads in one go; the check stops collecting there.
PROBLEMS_MAX: Final = 200

#: States of one template, all levels together. Twenty times the largest machine met in the field.
STATES_MAX: Final = 10_000

#: Levels of states within states. Below what JSON_DEPTH_MAX leaves once actions and data stand inside.
STATE_NESTING_MAX: Final = 20

#: Levels of if and for_each within each other.
CONTENT_NESTING_MAX: Final = 8

#: Transitions of one template, over all of its states.
TRANSITIONS_MAX: Final = 50_000

#: Targets of one transition: one per parallel region is the most that can be meant.
TARGETS_MAX: Final = 64

#: Rules of one template. Every rule is tried for every event, so this bounds an event's fixed cost.
RULES_MAX: Final = 1_000

#: Messages that one rule may emit for one event.
EMISSIONS_MAX: Final = 64

#: Event types that one template may declare.
EVENT_TYPES_MAX: Final = 1_000

#: Variables of one template. A step that assigns copies a table of this many pointers (3 microseconds).
VARIABLES_MAX: Final = 1_000

#: Characters of a state id, a variable name or a rule id.
ID_LENGTH_MAX: Final = 128

#: Characters of a template's name.
TEMPLATE_NAME_LENGTH_MAX: Final = 100

#: Members of one JSON Schema, subschemas included.
SCHEMA_NODES_MAX: Final = 2_000

#: Seconds that a timer may be put off: a hundred years, so that what is due always has a year of four digits.
DELAY_SECONDS_MAX: Final = 36_600 * 86_400

#: Child machines that one state may invoke.
INVOKES_MAX: Final = 16

#: Machines that one template declares for invoke.
CHILD_MACHINES_MAX: Final = 64

#: Attempts at one action; with delays that double, the twentieth comes after days.
ATTEMPTS_MAX: Final = 20

#: Actions that one template may declare.
ACTION_DECLARATIONS_MAX: Final = 256

#: Values that one rule may extract.
EXTRACTS_MAX: Final = 32

#: Characters of the prompt of one ai rule, before its expressions have values.
PROMPT_LENGTH_MAX: Final = 32_768

#: Expressions within the prompt of one ai rule.
PROMPT_EXPRESSIONS_MAX: Final = 64

#: Nodes of one network, and of a template in which every component stands written out.
NODES_MAX: Final = 1_000

#: Edges of one network, and ways from a machine to a machine once components stand written out.
EDGES_MAX: Final = 5_000

#: Ports of one node in one direction.
PORTS_MAX: Final = 64

#: Parameters of one component.
PARAMETERS_MAX: Final = 64

#: Levels of components within components. Each reading of an expression parameter may go through them all.
COMPONENT_NESTING_MAX: Final = 8

#: Different components and templates that one template uses, those within others counted.
USES_MAX: Final = 256

# --- Steps --------------------------------------------------------------------------------------------

#: Microsteps that one input may cause. Beyond it a cycle of eventless transitions or of raised events is
#: far likelier than a larger design.
MICROSTEPS_MAX: Final = 1_000

#: Executable content run by one input: every action, and every turn of a for_each, counts one.
CONTENT_ACTIONS_MAX: Final = 20_000

#: Drafts one input may cause.
DRAFTS_MAX: Final = 2_000

#: Events that may wait on the internal queue at one time; looking at each takes one of MICROSTEPS_MAX.
INTERNAL_QUEUE_MAX: Final = 500

#: Cost units that one input may spend on expressions and on the data and states they touch; one unit is
#: 50 to 250 nanoseconds here, so no step takes longer than a quarter of a second.
STEP_COST_MAX: Final = 1_000_000

#: Bytes of the values of all variables, as ``template.variables.measure`` counts them: the canonical form, with
#: fractions at their longest. A transition may change them all at once and must still fit PAYLOAD_BYTES_MAX.
STATE_BYTES_MAX: Final = 512 * 1024

#: Bytes, counted in the same way, of what one rule, raise, log or output makes: what an entry can carry.
DATA_BYTES_MAX: Final = 512 * 1024

#: Nesting of one variable's value; the state around it uses the rest of JSON_DEPTH_MAX.
VALUE_DEPTH_MAX: Final = 56

#: Microsteps that one input may cause in a network, where one event may move every machine of it.
NETWORK_MICROSTEPS_MAX: Final = 5_000

#: Drafts that one input may cause in a network: twice its microsteps, for what content says besides.
NETWORK_DRAFTS_MAX: Final = 10_000

#: Messages and tokens that may be on their way between machines at one time; each that arrives takes one of the
#: microsteps. Twice what a node with a full queue can let go at once.
DELIVERIES_WAITING_MAX: Final = 2_000

#: Tokens that one input may make. Each is an entry.
TOKENS_MAX: Final = 2_000

#: Parents that one token names: as many as the largest queue holds. Their ids take 330 KB of an entry.
TOKEN_PARENTS_MAX: Final = 10_000

#: Timers that one execution waits for at one time. Setting one costs a table of this many pointers.
TIMERS_MAX: Final = 1_000

#: Child machines that one execution has at one time.
CHILDREN_MAX: Final = 256

#: Levels of children of children: more is a machine that starts itself.
CHILD_NESTING_MAX: Final = 8

#: Requests of one execution whose outcome has not come.
REQUESTS_MAX: Final = 256

# --- Expressions --------------------------------------------------------------------------------------

#: Characters of one expression's source. Forty screens of text; longer logic belongs in several expressions.
EXPRESSION_LENGTH_MAX: Final = 32_768

#: Syntax tree nodes of one expression: a sum of 5,000 terms fits twice, a generated bomb does not. A chain of
#: operators is one node beside its operands.
EXPRESSION_NODES_MAX: Final = 10_000

#: Nested parentheses, brackets and arguments. Twice what cel-spec asks for, and small enough that parsing stays
#: far inside Python's recursion limit.
EXPRESSION_DEPTH_MAX: Final = 64

#: Levels of the syntax tree, where a chain of operators is one level and every member access is one more: what
#: checking and evaluating recurse over.
EXPRESSION_HEIGHT_MAX: Final = 128

#: Characters of a string, or bytes of a byte string, that an expression may build.
EXPRESSION_STRING_MAX: Final = 1024 * 1024

#: Elements of a list or map that an expression may build.
EXPRESSION_LIST_MAX: Final = 100_000

#: Levels of lists and maps that are compared, or turned into text, before the value is refused.
EXPRESSION_VALUE_DEPTH_MAX: Final = 128

#: Characters of one regular expression.
EXPRESSION_REGEX_LENGTH_MAX: Final = 1_000

#: Instructions of one compiled regular expression, after counted repetitions are written out (`a{100}` is 100).
EXPRESSION_REGEX_PROGRAM_MAX: Final = 2_000

#: Instructions of all constant regular expressions of one expression together: they are compiled with it, which
#: takes some twenty milliseconds for so many.
EXPRESSION_REGEX_PROGRAMS_MAX: Final = 10_000

#: Syntax tree nodes of all different expressions of one template together, those of what it uses counted, and one
#: for every 16 instructions of their constant regular expressions. Each takes up to 70 microseconds to check and
#: compile, and a kilobyte and a half to keep.
EXPRESSIONS_SIZE_MAX: Final = 50_000

#: Instructions of the regular expressions in the schemas and rules of one document together: a second's work.
PATTERNS_SIZE_MAX: Final = 500_000

#: Digits of one decimal number, on both sides of its point: the largest 128-bit amount has 39, so that the product
#: of two still fits.
EXPRESSION_DECIMAL_DIGITS_MAX: Final = 100

#: Cost units that one step may spend in expressions unless the caller sets a budget: about a tenth of a second.
#: Kubernetes allows the same number for one call.
EXPRESSION_COST_BUDGET: Final = 1_000_000

#: Members of an execution's metadata, and characters of each name and value: labels, not documents.
METADATA_MEMBERS_MAX: Final = 50
METADATA_VALUE_LENGTH_MAX: Final = 500

# --- Simulation ---------------------------------------------------------------------------------------

#: Lines of what is to happen in one simulation: a week of an event a minute.
SIMULATION_LINES_MAX: Final = 10_080

#: Inputs of one simulation, timers and outcomes included, unless the caller sets a smaller bound: twenty seconds
#: of a machine that never rests.
SIMULATION_INPUTS_MAX: Final = 100_000

#: Bytes of what one simulation writes and keeps: its entries, and its state after each input.
SIMULATION_BYTES_MAX: Final = 256 * 1024 * 1024

#: Seconds of virtual time from the first moment to the last: two hundred years of four digits.
SIMULATION_SECONDS_MAX: Final = 200 * 366 * 86_400

# --- Formats of other tools ---------------------------------------------------------------------------

#: Characters of a text that is imported, and of all the documents that it refers to: as much as one JSON text.
IMPORT_CHARACTERS_MAX: Final = 4 * 1024 * 1024

#: Bytes of the table by which a chart's error events name its elements, about eighty of them: every execution and
#: every child machine has one among its variables.
ERROR_ORIGINS_BYTES_MAX: Final = 8_192

#: Problems told about one import. A list cut short would hide losses, so it is far longer than PROBLEMS_MAX and
#: its last line says when it was cut.
IMPORT_PROBLEMS_MAX: Final = 2_000

#: Characters of a diagram or a machine written as plain text: a thousand screens. Reading takes up to 10
#: microseconds a character.
IMPORT_DIAGRAM_CHARACTERS_MAX: Final = 256 * 1024

#: Events of all states of one detector model, and its states: the service allows 20, with 20 events of each kind.
IOT_EVENTS_MAX: Final = 2_000

#: Characters of a formula of a scenario, and of a script.
EDITOR_FORMULA_LENGTH_MAX: Final = 4_096

#: Formulas translated for one scenario: four for each of the nodes that a network may have.
EDITOR_FORMULAS_MAX: Final = 4_000

#: Characters of all formulas and scripts of one scenario: a hundred for each, and a few seconds of work.
EDITOR_FORMULAS_CHARACTERS_MAX: Final = 400_000

#: Parts of the expression that a script of a scenario becomes, each of its names written out: a screen full.
EDITOR_SCRIPT_PARTS_MAX: Final = 2_000

#: Parts of the expressions that all scripts of a scenario become: a second of work.
EDITOR_SCRIPTS_PARTS_MAX: Final = 50_000

#: Characters of one expression of AWS IoT Events: four times what the service takes for the longest kind.
IOT_EXPRESSION_LENGTH_MAX: Final = 4_096

#: Elements within each other in an XML document. Twice what the states and the content of a template may be nested.
XML_DEPTH_MAX: Final = 64

#: Elements of one XML document, as many as a template has transitions: every element costs about a kilobyte.
XML_ELEMENTS_MAX: Final = 50_000

#: Nested parentheses and statements of another language that is translated: each takes a dozen calls to parse.
FOREIGN_EXPRESSION_DEPTH_MAX: Final = 32

#: Levels of the syntax tree of such an expression, those of functions written out included: each takes three calls.
FOREIGN_EXPRESSION_HEIGHT_MAX: Final = 150

#: Functions of a script that are written out within each other.
SCRIPT_CALL_DEPTH_MAX: Final = 8
