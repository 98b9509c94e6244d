/** {@code viditq sensitivity}. */
package org.viditq.cli.sensitivity;
