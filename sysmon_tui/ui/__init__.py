"""The screen, and the only code that knows Textual. It takes `Tick`s and sends wishes back."""
