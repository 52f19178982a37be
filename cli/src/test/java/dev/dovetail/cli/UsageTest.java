package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong command lines, and what is refused before anything is loaded or pulled: one line. */
class UsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                       | a command is missing (see dovetail --help)
          sing                     | Unmatched argument at index 0: 'sing' (see dovetail --help)
          run hi --temp x          | Invalid value for option '--temp': 'x' is not a float (see dovetail run --help)
          run hi --temp -1         | temperature is -1.0; wanted a finite number, 0 (greedy) or greater (see dovetail run --help)
          run hi --temp NaN        | temperature is NaN; wanted a finite number, 0 (greedy) or greater (see dovetail run --help)
          run hi --top-k -1        | top-k is -1; wanted 0 (off) or greater (see dovetail run --help)
          run hi --top-p 0         | top-p is 0.0; wanted greater than 0, up to 1 (off) (see dovetail run --help)
          run hi --min-p 2         | min-p is 2.0; wanted 0 (off) to 1 (see dovetail run --help)
          run hi --repeat-penalty 0 | repeat penalty is 0.0; wanted a finite number greater than 0 (1: off) (see dovetail run --help)
          run hi -n 0              | --max-tokens must be at least 1; found 0 (see dovetail run --help)
          run hi --stop=           | --stop is empty; it would end every text (see dovetail run --help)
          run hi --threads 0       | --threads must be 1 to 1024; found 0 (see dovetail run --help)
          run hi --threads 2000    | --threads must be 1 to 1024; found 2000 (see dovetail run --help)
          run hi --ctx 1           | --ctx must be at least 2; found 1 (see dovetail run --help)
          run hi --ctx -5          | --ctx must be at least 2; found -5 (see dovetail run --help)
          run hi --kv q8           | --kv must be f32 or f16; found 'q8' (see dovetail run --help)
          run hi --kernels cuda    | --kernels must be scalar or panama; found 'cuda' (see dovetail run --help)
          run hi --vector-bits 100 | --vector-bits must be 128, 256 or 512; found 100 (see dovetail run --help)
          run hi --tree 4x         | a tree is spelled DEPTH or DEPTHxWIDTH, such as 4 or 4x2; found '4x' (see dovetail run --help)
          run hi --tree 40x40      | a tree of depth 40 and width 40: depth must be 0 or more, width 1 or more, and their product at most 64 (see dovetail run --help)
          run hi --draft gpu:      | --draft names no folder or file; found 'gpu:' (see dovetail run --help)
          chat -d cpu:             | --draft names no folder or file; found 'cpu:' (see dovetail chat --help)
          plan -d gpu:             | --draft names no folder or file; found 'gpu:' (see dovetail plan --help)
          run hi --gpu-layers -1   | --gpu-layers must be auto, or 0 or more; found '-1' (see dovetail run --help)
          run hi --gpu-layers all  | --gpu-layers must be auto, or 0 or more; found 'all' (see dovetail run --help)
          chat --gpu-layers 1.5    | --gpu-layers must be auto, or 0 or more; found '1.5' (see dovetail chat --help)
          run hi --vram much       | a size of memory is spelled as 3GiB, 3GB or 3072MiB; found 'much' (see dovetail run --help)
          bench cost --vram 3      | a size of memory is spelled as 3GiB, 3GB or 3072MiB; found '3' (see dovetail bench cost --help)
          bench cost --gpu-layers x | --gpu-layers must be auto, or 0 or more; found 'x' (see dovetail bench cost --help)
          run hi --json --show-draft | --json and --show-draft exclude each other (see dovetail run --help)
          run hi --raw -s Be       | --raw takes no --system: write all of the text yourself (see dovetail run --help)
          run hi --file x          | give the text as an argument or by --file, not both (see dovetail run --help)
          run hi there             | Unmatched argument at index 2: 'there' (see dovetail run --help)
          run hi --seed 1 --seed 2 | option '--seed' (N) should be specified only once (see dovetail run --help)
          chat hi                  | Unmatched argument at index 1: 'hi' (see dovetail chat --help)
          chat --tree x            | a tree is spelled DEPTH or DEPTHxWIDTH, such as 4 or 4x2; found 'x' (see dovetail chat --help)
          batch                    | Missing required options and parameters: '--out=TEXTS', 'PROMPTS' (see dovetail batch --help)
          batch a --out b --parallel 0 | --parallel must be 1 to 128; found 0 (see dovetail batch --help)
          batch a --out b --parallel 129 | --parallel must be 1 to 128; found 129 (see dovetail batch --help)
          batch a --out b -n -1    | --max-tokens must be at least 0; found -1 (see dovetail batch --help)
          batch a --out a          | --out names the file of prompts (see dovetail batch --help)
          batch a --out b --features b | --out and --features name one file (see dovetail batch --help)
          pull                     | Missing required parameter: 'MODEL' (see dovetail pull --help)
          rm                       | Missing required parameter: 'MODEL' (see dovetail rm --help)
          inspect                  | Missing required parameter: 'FILE' (see dovetail inspect --help)
          convert a.gguf           | Missing required options and parameters: '--type=TYPE', 'OUT' (see dovetail convert --help)
          convert a.gguf b.gguf    | Missing required option: '--type=TYPE' (see dovetail convert --help)
          convert a b --type q4_1  | Invalid value for option '--type': expected one of [f32, f16, q8_0, q4_0] (case-insensitive) but was 'q4_1' (see dovetail convert --help)
          bench                    | say what to measure: cost, humaneval (see dovetail bench --help)
          bench cost --n 0         | --n must be 1 to 64; found 0 (see dovetail bench cost --help)
          bench cost --n 1,x       | Invalid value for option '--n' (N): 'x' is not an int (see dovetail bench cost --help)
          bench cost --prefix -1   | --prefix must be at least 0; found -1 (see dovetail bench cost --help)
          bench humaneval --baseline vllm=x | --baseline must be llama.cpp=FILE or llama.cpp=http://HOST:PORT; found 'vllm=x' (see dovetail bench humaneval --help)
          bench humaneval --baseline llama.cpp=no | wanted llama.cpp's llama-server or http://HOST:PORT; found 'no', which is no program (see dovetail bench humaneval --help)
          bench humaneval --limit 0 | --limit must be 1 to 164; found 0 (see dovetail bench humaneval --help)
          bench humaneval --limit 165 | --limit must be 1 to 164; found 165 (see dovetail bench humaneval --help)
          bench humaneval --repeat 0 | --repeat must be at least 1; found 0 (see dovetail bench humaneval --help)
          bench humaneval -n 0 | --max-tokens must be at least 1; found 0 (see dovetail bench humaneval --help)
          bench humaneval --prompt cooked | --prompt must be raw or chat; found 'cooked' (see dovetail bench humaneval --help)
          bench humaneval --temp -1 | temperature is -1.0; wanted a finite number, 0 (greedy) or greater (see dovetail bench humaneval --help)
          bench humaneval --draft none,auto,none | --draft lists 'none' twice (see dovetail bench humaneval --help)
          bench humaneval --draft auto@4,auto@4 | --draft lists 'auto@4' twice (see dovetail bench humaneval --help)
          bench humaneval --draft none,plain | --draft lists 'plain', a name of reports and not of a draft; write ./plain for a file of that name (see dovetail bench humaneval --help)
          bench humaneval --draft none,llama.cpp | --draft lists 'llama.cpp', a name of reports and not of a draft; write ./llama.cpp for a file of that name (see dovetail bench humaneval --help)
          bench humaneval --draft none@4 | no draft guesses a tree; found 'none@4' (see dovetail bench humaneval --help)
          bench humaneval --draft auto@4x | a tree is spelled DEPTH or DEPTHxWIDTH, such as 4 or 4x2; found '4x' (see dovetail bench humaneval --help)
          bench humaneval --draft none,gpu: | --draft names no folder or file; found 'gpu:' (see dovetail bench humaneval --help)
          run -d gpu:lookup hi     | gpu: and cpu: say where a draft runs, and with lookup there is none; found 'gpu:lookup' (see dovetail run --help)
          plan -d cpu:none         | gpu: and cpu: say where a draft runs, and with none there is none; found 'cpu:none' (see dovetail plan --help)
          run -d lookup+ hi        | --draft names no folder or file; found 'lookup+' (see dovetail run --help)
          run -d lookup+auto hi    | behind lookup+ stands dgf or a draft's folder or file, and gpu: or cpu: before it; found 'lookup+auto' (see dovetail run --help)
          run -d lookup+gpu:x hi   | behind lookup+ stands dgf or a draft's folder or file, and gpu: or cpu: before it; found 'lookup+gpu:x' (see dovetail run --help)
          plan --vram much         | a size of memory is spelled as 3GiB, 3GB or 3072MiB; found 'much' (see dovetail plan --help)
          plan --vram 3            | a size of memory is spelled as 3GiB, 3GB or 3072MiB; found '3' (see dovetail plan --help)
          plan --vram -3GiB        | a size of memory is spelled as 3GiB, 3GB or 3072MiB; found '-3GiB' (see dovetail plan --help)
          plan --vram 999999999TiB | no memory is as large as '999999999TiB' (see dovetail plan --help)
          plan --shape gpt-5       | there is no shape 'gpt-5'; wanted one of llama2-7b, llama2-13b, llama3-8b, qwen2.5-7b (see dovetail plan --help)
          plan --shape llama2-7b -m x | --model is of a file, and --shape names none (see dovetail plan --help)
          plan --shape llama2-7b --tree 2 | --tree is of a file, and --shape names none (see dovetail plan --help)
          plan --shape llama2-7b -d x | --draft must name no folder or file with --shape, which has none (see dovetail plan --help)
          plan --shape llama2-7b --type q9 | --type must be one of f32, f16, q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k, iq4_nl, iq4_xs, bf16; found 'q9' (see dovetail plan --help)
          plan --shape llama2-7b --draft-layers 0 | a draft has at least 1 layer; found 0 (see dovetail plan --help)
          plan --shape llama2-7b --nodes 1 | --nodes must be 2 to 64; found 1 (see dovetail plan --help)
          plan --shape llama2-7b --levels 16 | --levels must be 1 to 15, the nodes below the pending token; found 16 (see dovetail plan --help)
          plan --shape llama2-7b --ctx 5000 | --ctx 5000 is larger than the 4096 tokens that the model was made for (see dovetail plan --help)
          plan --shape llama2-7b --tau 17 | --tau 17.0 is more than the 16 tokens of a verification pass (see dovetail plan --help)
          plan --type f16          | --type belongs to --shape; a file has its own (see dovetail plan --help)
          plan --tau 0.5           | --tau must be at least 1; found 0.5 (see dovetail plan --help)
          plan --cpu-bandwidth 0   | --cpu-bandwidth must be above 0; found 0.0 (see dovetail plan --help)
          plan --cpu-gmacs NaN     | --cpu-gmacs must be above 0; found NaN (see dovetail plan --help)
          plan --gpu-bandwidth -1  | --gpu-bandwidth must be above 0; found -1.0 (see dovetail plan --help)
          plan --tree 0            | --tree must have a level; found 0 (see dovetail plan --help)
          plan --kv q8             | --kv must be f32 or f16; found 'q8' (see dovetail plan --help)
          list all                 | Unmatched argument at index 1: 'all' (see dovetail list --help)
          doctor me                | Unmatched argument at index 1: 'me' (see dovetail doctor --help)
          selftest                 | say what to test: gpu (see dovetail selftest --help)
          selftest gpu hard        | Unmatched argument at index 2: 'hard' (see dovetail selftest gpu --help)
          selftest cpu             | Unmatched argument at index 1: 'cpu' (see dovetail selftest --help)
          tokenize hi --jsonl      | --jsonl reads --file or standard input, not an argument (see dovetail tokenize --help)
          score --jsonl --top 0    | --top must be at least 1; found 0 (see dovetail score --help)
          score --jsonl --every 0  | --every must be at least 1; found 0 (see dovetail score --help)
          completion fish          | Invalid value for positional parameter at index 0 (SHELL): expected one of [bash, zsh] (case-insensitive) but was 'fish' (see dovetail completion --help)
          """)
  void wrongUsageIsOneLine(String arguments, String message) {
    CliRunner.Result result = new CliRunner().run(words(arguments));

    assertThat(result.err()).isEqualTo("dovetail: " + message + "\n");
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"run", "tokenize", "score"})
  void aTextIsAskedForWhereNobodyTypesOne(String command) {
    CliRunner.Result result = new CliRunner().inTerminal().run(command);

    assertThat(result.err())
        .isEqualTo(
            "dovetail: a text is missing: give it as an argument, by --file, or through standard"
                + " input (see dovetail %s --help)\n",
            command);
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void aFolderIsNoText(@TempDir Path folder) {
    CliRunner.Result result = new CliRunner().run("run", "--file", folder.toString());

    assertThat(result.err()).isEqualTo("dovetail: %s is a folder, wanted a file of text\n", folder);
    assertThat(result.code()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"No space left on device, 1", "Broken pipe, 0"})
  void aHelpThatCannotBeWrittenFailsUnlessNobodyReads(String reason, int code) {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException(reason);
          }
        };

    CliRunner.Result result =
        new CliRunner().out(new BufferedOutputStream(full)).run("run", "--help");

    assertThat(result.err())
        .isEqualTo(
            code == 0 ? "" : "dovetail: the output cannot be written: No space left on device\n");
    assertThat(result.code()).isEqualTo(code);
  }

  private static String[] words(String arguments) {
    return arguments.isEmpty()
        ? new String[0]
        : List.of(arguments.split(" ")).toArray(new String[0]);
  }
}
