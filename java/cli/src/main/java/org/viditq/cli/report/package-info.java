/** What reports have in common: the machine in words, self-contained HTML pages. */
package org.viditq.cli.report;
