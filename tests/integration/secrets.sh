#!/usr/bin/env bash
# What looks like a secret and would be in the image for everybody to read is warned of, and never printed; a recipe has no
# value that the image has not.
. "$(dirname "$0")/../lib.sh"
require cc jq openssl
cc -static -x c -o app - <<<'int main(void) { return 0; }'
alphabet=abcdefghijklmnopqrstuvwxyz0123456789
token=ghp_$alphabet
advice='whoever has the image can read it: give it when a container is started'
warns() { # NAME WHAT ARG...: the warning, "" for none
	local name=$1 want=$2
	shift 2
	run mk --bin app --media-types oci -n "$@"
	is "$status $(cat "$err")" "0 ${want:+warning: $want; $advice}" "$name"
	is "$(grep -c "$alphabet" "$out" "$err" | xargs)" "$out:0 $err:0" '... whose value is not told'
}

warns a_token '--env X: looks like it holds a secret (GitHub token, ghp_ab...)' -e "X=$token"
warns ...within_a_text '--env X: looks like it holds a secret (GitHub token, ghp_ab...)' -e "X=Bearer $token,"
warns ...in_a_label '--label a.b: looks like it holds a secret (GitHub token, ghp_ab...)' -l "a.b=$token"
warns ...in_an_annotation '--annotation a: looks like it holds a secret (GitHub token, ghp_ab...)' --annotation "a=$token"
warns ...among_the_arguments '--cmd: looks like it holds a secret (GitHub token, ghp_ab...)' --cmd "--token=$token"
warns ...of_the_entrypoint '--entrypoint: looks like it holds a secret (GitHub token, ghp_ab...)' --entrypoint '["/app","'"$token"'"]'
warns ...of_a_health_check '--healthcheck-cmd: looks like it holds a secret (GitHub token, ghp_ab...)' --healthcheck-cmd "/app $token"
warns ...of_the_author '--author: looks like it holds a secret (GitHub token, ghp_ab...)' --author "me $token"
warns ...behind_an_option_once '--cmd: looks like it holds a secret (GitHub token, ghp_ab...)' --cmd '["--token","'"$token"'"]'
warns ...a_URL_behind_one_once '--cmd: looks like it holds a secret (URL with a password, postgres://u:...@)' --cmd '["--db","postgres://u:'$alphabet'@h/db"]'
warns another_kind_of_token '--env X: looks like it holds a secret (AWS access key, AKIAAB...)' -e X=AKIA"ABCDEFGH12345678"
warns a_private_key '--env X: looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----)' \
	-e "X=-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC"
warns a_url_with_a_password '--env DATABASE: looks like it holds a secret (URL with a password, postgres://me:...@)' \
	-e "DATABASE=postgres://me:$alphabet@db/x"
warns ...or_a_token_alone '--label source: looks like it holds a secret (URL with a password, git+https://:...@)' -l "source=git+https://:$alphabet@host/"
warns a_name_that_says_so '--env DB_PASSWORD: is a secret by its name' -e "DB_PASSWORD=$alphabet"
warns ...in_small_letters '--env my.api-key: is a secret by its name' -e "my.api-key=$alphabet"
warns ...of_a_label '--label org.example.token: is a secret by its name' -l "org.example.token=$alphabet"
warns ...of_an_annotation '--annotation api-key: is a secret by its name' --annotation "api-key=$alphabet"
warns an_argument_with_such_a_name '--cmd --db-password: is a secret by its name' --cmd "--db-password=$alphabet"
warns ...the_value_behind_it '--cmd -password: is a secret by its name' --cmd '["-password","'$alphabet'"]'
warns ...a_variable_for_env '--entrypoint DB_PASS: is a secret by its name' --entrypoint '["/app","DB_PASS='$alphabet'"]'
warns ...of_a_health_check_by_name '--healthcheck-cmd --token: is a secret by its name' --healthcheck-cmd "/app --token $alphabet"
for fine in '"--password-file=/run/x"' '"--password","--user","me"' '"--password"' '"--token=$TOKEN"' '"--token","/run/secrets/t"' \
	'"--max-token=4096"' '"-p","hunter2"' '"password","hunter2"' '"--require-password=yes"'; do
	warns "fine among arguments: $fine" '' --cmd "[$fine]"
done
for fine in API_TOKEN=5 MAX_TOKEN=4096 TOKEN_TTL=3600 MAX_TOKENS=4096 USE_PASSWORD=true NEEDS_SECRET=1 PWD=app DB_PASSWORD='<password>'; do
	warns "fine, not the secret: $fine" '' -e "$fine"
done
warns a_number_is_a_password_all_the_same '--env PASSWORD: is a secret by its name' -e PASSWORD=123456
for fine in DB_PASSWORD= DB_PASSWORD_FILE=/run/x DB_PASSWORD=/run/secrets/db 'DB_PASSWORD=$OTHER' TOKENS=5 MONKEY=1 PASSWORDLESS=1 X=ghp_short \
	X=http://host:80/a@b X=http://me@host/ 'X=http://me:$PASSWORD@host/' X=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx X=a://b:@c X=:// X=a:b@c; do
	warns "fine: $fine" '' -e "$fine"
done
warns source_and_revision_are_fine '' -l org.opencontainers.image.source=https://github.com/a/b -l org.opencontainers.image.revision=$alphabet
for print in config plan; do
	run mk --bin app -e "X=$token" --print $print
	is "$status $(cat "$err")" "0 warning: --env X: looks like it holds a secret (GitHub token, ghp_ab...); $advice" "--print $print, which shows it, warns too"
done
run mk -q --bin app -e "X=$token" -n
is "$status$(cat "$err")" 0 quietly_there_is_no_warning

# Files by their names and by what is in them.
mkdir files
cd files || exit
mount='; whoever has the image can read it: mount it when a container is started'
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -subj /CN=x -days 9 2>/dev/null
openssl pkey -in key -pubout -out public
{ echo '-----BEGIN OPENSSH PRIVATE KEY-----'; head -c 150 key | tail -c 120 | base64 -w 70; echo '-----END OPENSSH PRIVATE KEY-----'; } >id_ed25519
echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI$alphabet x" >id_ed25519.pub
cat certificate key >both.pem && cp both.pem both
cp certificate server.key && cat public >>server.key
mkdir .docker .aws .kube
put() { # PATH TEXT
	printf '%b' "$2" >"$1"
}
put .docker/config.json '{"auths":{"x":{"auth":"'$alphabet'"}}}'
put .aws/credentials "[default]\n# key\naws_secret_access_key = $alphabet\n"
put .kube/config "users:\n- name: a\n  user:\n    token: $alphabet\n"
put .npmrc "//registry.npmjs.org/:_authToken=$alphabet\n"
put .netrc "machine x login y password $alphabet\n"
put .git-credentials "https://me:$alphabet@github.com\n"
put prod.env "# x\n\nexport DB_PASSWORD='$alphabet'\n"
put .env.local "A=1\nX=$token\n"
told() { # NAME WANT ARG...: what is told of a file, "" for nothing
	local name=$1 want=$2
	shift 2
	run mk --bin ../app -n "$@"
	is "$status $(cat "$err")" "0 ${want:+warning: $want$mount}" "$name"
	is "$(grep -c "$alphabet" "$out" "$err" | xargs)" "$out:0 $err:0" '... of which nothing is shown'
}
for kind in 'id_ed25519:private key, -----BEGIN OPENSSH PRIVATE KEY-----' 'both.pem:private key, -----BEGIN PRIVATE KEY-----' \
	'.docker/config.json:secret by its name, auth' '.aws/credentials:secret by its name, aws_secret_access_key' \
	'.kube/config:secret by its name, token' '.npmrc:secret by its name, _authToken' '.netrc:secret by its name, password' \
	'.git-credentials:URL with a password, https://me:...@' 'prod.env:secret by its name, DB_PASSWORD' \
	'.env.local:GitHub token, ghp_ab...'; do
	file=${kind%%:*}
	told "$file" "/there (--file $file:/there): looks like it holds a secret (${kind#*:})" --file "$file:/there"
done
told by_the_name_in_the_image '/etc/tls.key (--file key:/etc/tls.key): looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----)' \
	--file key:/etc/tls.key
told a_key_by_another_name '/there (--file key:/there): looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----)' --file key:/there
{ printf '\n \r\n' && cat key; } >blank
told ...behind_blank_lines '/there (--file blank:/there): looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----)' --file blank:/there
told ...behind_its_certificate '/there (--file both:/there): looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----)' --file both:/there
told ...which_alone_is_fine '' --file certificate:/a --file public:/b
{ echo x && cat key; } >behind
told ...behind_other_things_it_is_not_looked_for '' --file behind:/x
for fine in certificate:/a.pem public:/b.pem id_ed25519.pub:/id_ed25519.pub server.key:/server.key prod.env:/x/.env.example; do
	cp "${fine%%:*}" plain
	told "fine: $fine" '' --file "plain:${fine#*:}"
done
for fine in '.npmrc://x/:_authToken=${NPM_TOKEN}\n_auth=\n# _password=x\nalways-auth=true' '.docker/config.json:{"auths":{"x":{}},"credsStore":"pass"}' \
	'.docker/config.json:{"auths":{"x":{"auth":""}}}' '.env:DB_PASSWORD=\n#API_KEY=x\nTOKEN_TTL=3600\nSECRET="" # none\nnothing' \
	'.kube/config:token:\ntokenFile: /x\npassword: null' '.netrc:machine password\n' '.git-credentials:https://github.com' '.pypirc:'; do
	mkdir -p fine/.docker fine/.kube
	put "fine/${fine%%:*}" "${fine#*:}"
	told "fine: $fine" '' --file "fine/${fine%%:*}:/${fine%%:*}"
done
mkdir tree && cp both.pem .npmrc .netrc tree && cp both.pem tree/again.pem
run mk --bin ../app --tree tree:/t -o ../keys.tar
is "$(sed 's/ (--tree.*(/ (/; s/; whoever.*//' "$err")" "warning: /t/.netrc (secret by its name, password; 2 such files)
warning: /t/again.pem (private key, -----BEGIN PRIVATE KEY-----; 2 such files)" 'of a tree there is a line for each kind'
noted() { # IMAGE: what verify says of secrets
	mk verify "$1" | sed -n 's/^· secrets: //p'
}
is "$(noted ../keys.tar)" "layer 2: /t/.netrc: looks like it holds a secret (secret by its name, password; 2 such files)
layer 2: /t/again.pem: looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----; 2 such files)" 'verify notes them'
is "$(mk verify --json ../keys.tar | jq -c '.checks[]|select(.check=="secrets")|[.ok,.note]' | xargs)" '[true,true] [true,true]' '... as no fault'
mkdir names && cp key names/plain && cp both names/chain && cp certificate names/certificate && cp behind names/behind && : >names/empty
run mk --bin ../app --tree names:/t -o ../names.tar
is "$status $(cat "$err")" '0 ' 'of a tree, names alone tell at a build'
is "$(noted ../names.tar)" 'layer 2: /t/chain: looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----; 2 such files)' \
	'... and verify sees the beginning of each'
python3 -B "$TOP/tests/integration/make_layers.py" deleted.tar "[('a.pem', 'file', '$(sed ':a;N;$!ba;s/\n/\\n/g' key)')]" \
	"[('.wh.a.pem', 'file', '')]" "[('etc/ssl/cert.pem', 'file', '$(sed ':a;N;$!ba;s/\n/\\n/g' certificate)')]"
is "$(noted deleted.tar)" 'layer 1: /a.pem: looks like it holds a secret (private key, -----BEGIN PRIVATE KEY-----)' \
	'... one that a later layer deletes, too, and no certificate'
cat >config.json <<-END
	{"os":"linux","architecture":"amd64","config":{"Env":["DB_PASSWORD=$alphabet","PATH=/bin","DB_PASSWORD_FILE=/x","X"],
	"Labels":{"a":"$token","b":1},"Entrypoint":["/app"],"Cmd":["--token=$token"]},
	"author":"$token","history":[{"created_by":"RUN |1 TOKEN=$token /bin/sh -c make"},{}]}
END
tar -cf l.layer --files-from /dev/null
python3 -B "$TOP/tests/integration/make_image.py" config.tar v1 "$(cat config.json)" l.layer
is "$(noted config.tar)" "config: Env DB_PASSWORD: is a secret by its name
config: Labels a: looks like it holds a secret (GitHub token, ghp_ab...)
config: Cmd: looks like it holds a secret (GitHub token, ghp_ab...)
config: author: looks like it holds a secret (GitHub token, ghp_ab...)
config: history: looks like it holds a secret (GitHub token, ghp_ab...)" '... and those of the config'
(cat key && head -c 16777216 /dev/zero | tr '\0' '\n') >large.pem
mk -q --bin ../app --file large.pem:/etc/ssl/cert.pem -o large.tar 2>/dev/null
like "$(noted large.tar)" ': /etc/ssl/cert.pem: looks like it holds a secret \(private key, ' '... in a bundle that is too large to be read, too'
rm large.pem large.tar
head -c 65536 /dev/zero | tr '\0' '\n' | cat - key >late.pem
told 'of a file the beginning is read' '' --file late.pem:/late.pem
cd .. || exit

mk -q --bin app -o one.tar
if command -v aarch64-linux-gnu-gcc >/dev/null; then
	mkdir arm64 && aarch64-linux-gnu-gcc -static -x c -o arm64/app - <<<'int main(void) { return 0; }' && mk -q --bin arm64/app -o arm64.tar
	run mk index --annotation "a=$token" -o joined.tar one.tar arm64.tar
	is "$status $(cat "$err")" "0 warning: --annotation a: looks like it holds a secret (GitHub token, ghp_ab...); $advice" 'index warns of it too'
else
	skip 'index warns of it too' 'aarch64-linux-gnu-gcc is not installed'
fi

# A value that another takes the place of is nowhere.
for option in env label annotation; do
	run mk --bin app --"$option" "A=$token" --"$option" B=2 --"$option" A=1 -o "$option.tar"
	is "$status $(cat "$err") $(tar xOf "$option.tar" | grep -ac "$alphabet")" '0  0' "of a --$option that is given twice the last value alone is in the image"
	t "... and its recipe makes it again" mk verify -q --rebuild "$option.tar"
done
is "$(mk verify --recipe --json env.tar | jq -c .options.env)" '["A=1","B=2"]' '... in the place of the first'
done_testing
