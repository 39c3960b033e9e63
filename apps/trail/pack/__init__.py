"""The pack for auditors: a company's evidence of a period as one ZIP, with what proves it whole."""
