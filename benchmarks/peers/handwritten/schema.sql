-- What the handwritten service stores: one row per execution with its current state, one row per event.

CREATE TABLE executions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    state      text NOT NULL DEFAULT 'green',
    total      bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events (
    id           bigserial PRIMARY KEY,
    execution_id uuid NOT NULL REFERENCES executions (id),
    event_id     text NOT NULL,
    type         text NOT NULL,
    data         jsonb NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (execution_id, event_id)
);
