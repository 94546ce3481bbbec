"""Services that do the same job another way, kept so that every run measures them beside Actum."""
