package dev.dovetail.cli.humaneval;

/**
 * A problem of HumanEval (Chen et al. 2021).
 *
 * @param id such as {@code HumanEval/0}
 * @param prompt Python up to where the function's body is to be written
 * @param entryPoint the function's name
 * @param canonicalSolution a body that passes
 * @param test Python that defines {@code check(candidate)}
 */
public record Problem(
    String id, String prompt, String entryPoint, String canonicalSolution, String test) {}
