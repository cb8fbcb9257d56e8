"""What a run tells: one report a job."""
