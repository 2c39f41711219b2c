"""E-mail: one template for each message, sent by a job in its reader's language.

letter     what is said, to whom, and the message that is made of it
sending    the jobs that send letters
post       the door through which messages leave
"""
