"""Training and export of the models, with torch. Nothing else imports it."""
