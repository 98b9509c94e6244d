/** What a command prints: results, progress, log lines. */
package org.viditq.cli.console;
