"""Which neuron is which across days: by ROI ids, or by the table that a registration tool wrote."""
