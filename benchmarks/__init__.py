"""What Actum is measured with: a load generator, peers with the same job, one command for all of it."""
