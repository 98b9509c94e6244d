package org.viditq.core.adapter;

/**
 * An adapter's change of some rows of a tensor.
 *
 * @param change of the whole layer
 * @param fromRow the first row of the change that is used
 * @param toRow the tensor's row that it is added to
 * @param count how many rows
 */
record RowsUpdate(LowRank change, int fromRow, int toRow, int count) {}
