"""Where history and the alert ledger are kept: strategies behind `Store`, chosen by URL."""
