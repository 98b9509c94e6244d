/**
 * How the cases of each op are computed, on any backend, by the same classes that the product runs
 * on: a runner turns a case into calls of the product and their results into {@link
 * org.viditq.verify.runner.Results}, and computes nothing itself. An op is added to the table of
 * {@link org.viditq.verify.runner.CaseRunners}.
 */
package org.viditq.verify.runner;
