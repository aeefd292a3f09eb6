"""From figures to alerts: rules, the engine that judges them, and who is told."""
