<?php
// Around published tests: takes the secret before they run, and gives it back once all is done.
(function () {
    $secret = file_get_contents("php://fd/3");
    require __DIR__ . "/answer.php";
    file_put_contents("php://fd/4", $secret);
})();
