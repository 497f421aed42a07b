"""From a web's terms to numbers: perimeters, amounts as intervals, indices with their bounds, the value matrix, contagion."""
