"""What every feature stands on: settings, database, errors, permissions, audit, jobs, mail.

Never imports a feature.
"""
