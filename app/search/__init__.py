"""What lists show of the editions on sale, kept so that a list costs what it shows."""
