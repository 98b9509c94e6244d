/** Self-contained HTML reports. */
package org.viditq.cli.report;
