"""Keys, authorities, enrolment, envelopes and trust."""
