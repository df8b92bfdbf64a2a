-- What was given up goes with the identity that it is about.
CREATE INDEX dead_letter_by_name ON dead_letter (name);
