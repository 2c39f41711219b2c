"""From a release to invented rows that agree with its tables; costs no privacy."""
