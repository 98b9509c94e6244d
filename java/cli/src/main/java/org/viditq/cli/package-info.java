/**
 * The viditq command: parsing, progress, errors, pictures and reports. All computing happens in the
 * modules below; nothing here knows a formula.
 */
package org.viditq.cli;
