/** Options that several commands share; a flag means the same wherever it appears. */
package org.viditq.cli.option;
