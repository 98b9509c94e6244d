/**
 * How the cases of each op are computed, on any backend, by the same classes that the product runs
 * on. An op is added to the table of {@link org.viditq.verify.runner.CaseRunners}.
 */
package org.viditq.verify.runner;
