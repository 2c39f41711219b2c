"""The pages of teams, and what somebody may do while they act for one."""
