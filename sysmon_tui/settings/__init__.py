"""The user's settings: where they lie, what they may say, and the one set in force."""
