/** What exporting models of full size as graphs takes. */
package org.viditq.bench.export;
