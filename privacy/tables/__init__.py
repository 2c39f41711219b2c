"""From a release to figures with their noise intervals; costs no privacy."""
