/**
 * JMH benchmarks of the device's operations, written against {@link
 * dev.dovetail.engine.device.Device} alone.
 *
 * <pre>{@code
 * mvn -pl benchmarks -am package -DskipTests
 * java --add-modules=jdk.incubator.vector -jar benchmarks/target/benchmarks.jar Matmul -p n=1,8 -prof gc
 * }</pre>
 *
 * <p>The JVM that runs them needs the flag, and passes it on to the forks that measure. {@code -l}
 * lists the benchmarks, {@code -h} explains the flags. Read the error beside the score: machines
 * are noisy. {@code -prof gc} must show next to no bytes per operation.
 */
package dev.dovetail.benchmarks;
