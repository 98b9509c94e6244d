/**
 * Readers of files as entry points of a coverage-guided fuzzer. Jazzer finds the method {@code
 * fuzzerTestOneInput} by its name, so that nothing here depends on it; bench/fuzz/README.md says
 * how to run it.
 */
package org.viditq.bench.fuzz;
