"""What a contributor is told: on a page, by e-mail at most once a day, in a letter once a month.

kinds      what there is to tell, and how each is worded
events     what happened, computed when somebody looks: nothing is written for each contributor
evening    reminders of diaries, by e-mail: of all in one, on days without an entry
letters    the e-mails, and how they are stopped by one click
"""
