package dev.dovetail.cli.humaneval;

/** T(n): the time of a pass of the full model over n tokens. */
public record PassCost(int n, double ms) {}
