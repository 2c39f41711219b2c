"""Rights: the preference centre, access and portability, erasure, the trace of use."""
