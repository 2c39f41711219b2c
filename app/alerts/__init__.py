"""What somebody asked to be told of: new editions that a search would list, or of a collection.

kinds      how often somebody is told, and what an alert is called
looking    a look every few minutes: which new editions fit which alerts
letters    the e-mails, each of one alert, and how one click ends it
"""
