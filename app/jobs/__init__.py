"""Work done later: a durable list of jobs, and the worker that does them.

service    adding a job, in the transaction that needs it
queries    looking at jobs
runner     claiming jobs and doing them
schedule   work that becomes due by the clock
worker     the loop that looks for due jobs and keeps the schedules
"""
