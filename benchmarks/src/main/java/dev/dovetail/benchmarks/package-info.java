/**
 * JMH benchmarks of the operations of a pass at the shapes of two models: each on the CPU's vector
 * kernels and on their scalar twins, written against {@link dev.dovetail.engine.device.Device}
 * alone; and of the choice of a token.
 *
 * <pre>{@code
 * mvn -pl benchmarks -am package -DskipTests
 * java -jar benchmarks/target/benchmarks.jar Matmul -p weights=Q4_1,Q4_K -p n=1,8 -p kernels=panama
 * }</pre>
 *
 * <p>All of it takes more than an hour, so name what you want to know:
 *
 * <ul>
 *   <li>{@code -lp} lists the benchmarks and the values their parameters take by themselves. Others
 *       are open: {@code -p matrix=QKV,OUT,GATE_UP,DOWN,HEAD}, {@code -p threads=1,2}.
 *   <li>{@code -prof gc} must show next to no bytes per operation of vector kernels: what JMH
 *       itself allocates in an iteration, some 100 KB, spread over the iteration's operations. The
 *       scalar product takes its scratch space anew for every call.
 *   <li>{@code java -Ddovetail.vectorBits=256 -jar ...} measures narrower vectors.
 *   <li>Where the last warm-up iterations still get faster, as on a busy machine, {@code -wi 10}.
 *   <li>Read the error beside the score, for machines are noisy; {@code -f 3 -i 5} narrows it.
 * </ul>
 *
 * <p>Parameters that do not fit, such as a type in blocks of 256 for SmolLM2's 576 columns, fail
 * with a message that says so, and JMH goes on with the next.
 */
package dev.dovetail.benchmarks;
