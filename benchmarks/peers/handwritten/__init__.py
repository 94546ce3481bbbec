"""The service a team would write by hand: FastAPI, SQLAlchemy and PostgreSQL."""
