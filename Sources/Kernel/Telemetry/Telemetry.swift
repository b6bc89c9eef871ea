// Placard to come.
