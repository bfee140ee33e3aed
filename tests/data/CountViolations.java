import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import se.bjurr.violations.lib.ViolationsApi;
import se.bjurr.violations.lib.reports.Parser;

/** Says how many violations a parser finds in each report: FOLDER PARSER..., with the reports at FOLDER/PARSER/NAME/report. */
public class CountViolations {
    public static void main(String[] arguments) throws Exception {
        for (String parser : List.of(arguments).subList(1, arguments.length)) {
            try (var folders = Files.list(Path.of(arguments[0], parser))) {
                for (Path folder : folders.sorted().toList()) {
                    int found = ViolationsApi.violationsApi()
                        .withPattern(".*/report$")
                        .inFolder(folder.toString())
                        .findAll(Parser.valueOf(parser))
                        .violations()
                        .size();
                    System.out.println(parser + "\t" + folder.getFileName() + "\t" + found);
                }
            }
        }
    }
}
