"""Raw rows at rest, encrypted, one data key per object."""
