package dev.dovetail.gpu.kernel;

/**
 * Nodes of a tree in the GPU's memory, as addresses of integers: those of one pass but for the
 * ancestors, which are numbered among all nodes.
 *
 * @param prefix one number, the committed tokens
 * @param tokens {@code [n]}
 * @param parents {@code [n]}: -1 for the prefix
 * @param paths the ancestors of nodes, each path from the eldest to the node itself
 * @param pathStarts {@code [n]}: where a node's path begins
 * @param pathLengths {@code [n]}
 */
public record TreeNodes(
    long prefix, long tokens, long parents, long paths, long pathStarts, long pathLengths) {}
