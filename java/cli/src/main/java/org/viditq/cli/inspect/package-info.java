/** What a checkpoint holds. */
package org.viditq.cli.inspect;
