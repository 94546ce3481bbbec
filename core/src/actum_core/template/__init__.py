"""What an author writes (a template) and what is made of it (a program)."""
