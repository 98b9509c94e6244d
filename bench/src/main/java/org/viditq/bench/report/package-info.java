/** What the comparisons have in common: options, JSON, medians. */
package org.viditq.bench.report;
